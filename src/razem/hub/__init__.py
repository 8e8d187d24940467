"""razem.hub"""
