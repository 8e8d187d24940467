"""razem.sockets"""
