"""razem.talk.irc"""
