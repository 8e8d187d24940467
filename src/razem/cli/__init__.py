"""razem.cli"""
