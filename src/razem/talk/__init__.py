"""razem.talk"""
