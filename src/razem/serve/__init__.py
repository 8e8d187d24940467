"""razem.serve"""
