"""razem.testing"""
