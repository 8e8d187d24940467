"""The numeric replies that the hub sends, by name (RFC 2812 5, Modern IRC "Numerics")."""

from __future__ import annotations

from typing import Final

RPL_WELCOME: Final = "001"
RPL_YOURHOST: Final = "002"
RPL_CREATED: Final = "003"
RPL_MYINFO: Final = "004"
RPL_ISUPPORT: Final = "005"
RPL_STATSLINKINFO: Final = "211"
RPL_STATSKLINE: Final = "216"
RPL_ENDOFSTATS: Final = "219"
RPL_UMODEIS: Final = "221"
RPL_STATSDLINE: Final = "225"
RPL_STATSUPTIME: Final = "242"
RPL_STATSOLINE: Final = "243"
RPL_STATSDEBUG: Final = "249"
RPL_LUSERCLIENT: Final = "251"
RPL_LUSEROP: Final = "252"
RPL_LUSERUNKNOWN: Final = "253"
RPL_LUSERCHANNELS: Final = "254"
RPL_LUSERME: Final = "255"
RPL_ADMINME: Final = "256"
RPL_ADMINLOC1: Final = "257"
RPL_ADMINLOC2: Final = "258"
RPL_ADMINEMAIL: Final = "259"
RPL_LOCALUSERS: Final = "265"
RPL_GLOBALUSERS: Final = "266"
RPL_WHOISCERTFP: Final = "276"
RPL_AWAY: Final = "301"
RPL_USERHOST: Final = "302"
RPL_ISON: Final = "303"
RPL_UNAWAY: Final = "305"
RPL_NOWAWAY: Final = "306"
RPL_WHOISUSER: Final = "311"
RPL_WHOISSERVER: Final = "312"
RPL_WHOISOPERATOR: Final = "313"
RPL_WHOWASUSER: Final = "314"
RPL_ENDOFWHO: Final = "315"
RPL_WHOISIDLE: Final = "317"
RPL_ENDOFWHOIS: Final = "318"
RPL_WHOISCHANNELS: Final = "319"
RPL_LISTSTART: Final = "321"
RPL_LIST: Final = "322"
RPL_LISTEND: Final = "323"
RPL_CHANNELMODEIS: Final = "324"
RPL_CREATIONTIME: Final = "329"
RPL_WHOISACCOUNT: Final = "330"
RPL_NOTOPIC: Final = "331"
RPL_TOPIC: Final = "332"
RPL_TOPICWHOTIME: Final = "333"
RPL_WHOISBOT: Final = "335"
RPL_INVITELIST: Final = "336"
RPL_ENDOFINVITELIST: Final = "337"
RPL_WHOISACTUALLY: Final = "338"
RPL_INVITING: Final = "341"
RPL_INVEXLIST: Final = "346"
RPL_ENDOFINVEXLIST: Final = "347"
RPL_EXCEPTLIST: Final = "348"
RPL_ENDOFEXCEPTLIST: Final = "349"
RPL_VERSION: Final = "351"
RPL_WHOREPLY: Final = "352"
RPL_NAMREPLY: Final = "353"
RPL_WHOSPCRPL: Final = "354"
RPL_LINKS: Final = "364"
RPL_ENDOFLINKS: Final = "365"
RPL_ENDOFNAMES: Final = "366"
RPL_BANLIST: Final = "367"
RPL_ENDOFBANLIST: Final = "368"
RPL_ENDOFWHOWAS: Final = "369"
RPL_INFO: Final = "371"
RPL_MOTD: Final = "372"
RPL_ENDOFINFO: Final = "374"
RPL_MOTDSTART: Final = "375"
RPL_ENDOFMOTD: Final = "376"
RPL_WHOISMODES: Final = "379"
RPL_YOUREOPER: Final = "381"
RPL_REHASHING: Final = "382"
RPL_TIME: Final = "391"
RPL_HOSTCHANGED: Final = "396"  # RPL_VISIBLEHOST, RPL_HOSTHIDDEN of others
ERR_UNKNOWNERROR: Final = "400"
ERR_NOSUCHNICK: Final = "401"
ERR_NOSUCHSERVER: Final = "402"
ERR_NOSUCHCHANNEL: Final = "403"
ERR_CANNOTSENDTOCHAN: Final = "404"
ERR_TOOMANYCHANNELS: Final = "405"
ERR_WASNOSUCHNICK: Final = "406"
ERR_TOOMANYTARGETS: Final = "407"
ERR_NOORIGIN: Final = "409"
ERR_INVALIDCAPCMD: Final = "410"
ERR_NORECIPIENT: Final = "411"
ERR_NOTEXTTOSEND: Final = "412"
ERR_TOOMANYMATCHES: Final = "416"
ERR_INPUTTOOLONG: Final = "417"
ERR_UNKNOWNCOMMAND: Final = "421"
ERR_NOMOTD: Final = "422"
ERR_NOADMININFO: Final = "423"
ERR_NONICKNAMEGIVEN: Final = "431"
ERR_ERRONEUSNICKNAME: Final = "432"
ERR_NICKNAMEINUSE: Final = "433"
ERR_BANONCHAN: Final = "435"
ERR_USERNOTINCHANNEL: Final = "441"
ERR_NOTONCHANNEL: Final = "442"
ERR_USERONCHANNEL: Final = "443"
ERR_USERSDISABLED: Final = "446"
ERR_NOTREGISTERED: Final = "451"
ERR_NEEDMOREPARAMS: Final = "461"
ERR_ALREADYREGISTERED: Final = "462"
ERR_PASSWDMISMATCH: Final = "464"
ERR_YOUREBANNEDCREEP: Final = "465"
ERR_LINKCHANNEL: Final = "470"
ERR_CHANNELISFULL: Final = "471"
ERR_UNKNOWNMODE: Final = "472"
ERR_INVITEONLYCHAN: Final = "473"
ERR_BANNEDFROMCHAN: Final = "474"
ERR_BADCHANNELKEY: Final = "475"
ERR_BADCHANMASK: Final = "476"
ERR_NEEDREGGEDNICK: Final = "477"
ERR_BANLISTFULL: Final = "478"
ERR_NOPRIVILEGES: Final = "481"
ERR_CHANOPRIVSNEEDED: Final = "482"
ERR_NONONREG: Final = "486"
ERR_NOOPERHOST: Final = "491"
ERR_UMODEUNKNOWNFLAG: Final = "501"
ERR_USERSDONTMATCH: Final = "502"
ERR_HELPNOTFOUND: Final = "524"
ERR_INVALIDKEY: Final = "525"
RPL_WHOISSECURE: Final = "671"
ERR_INVALIDMODEPARAM: Final = "696"
RPL_KNOCK: Final = "710"
RPL_KNOCKDLVR: Final = "711"
ERR_TOOMANYKNOCK: Final = "712"
ERR_CHANOPEN: Final = "713"
ERR_KNOCKONCHAN: Final = "714"
RPL_HELPSTART: Final = "704"
RPL_HELPTXT: Final = "705"
RPL_ENDOFHELP: Final = "706"
RPL_MONONLINE: Final = "730"
RPL_MONOFFLINE: Final = "731"
RPL_MONLIST: Final = "732"
RPL_ENDOFMONLIST: Final = "733"
ERR_MONLISTFULL: Final = "734"
RPL_KEYVALUE: Final = "761"
RPL_KEYNOTSET: Final = "766"
RPL_METADATASUBOK: Final = "770"
RPL_METADATAUNSUBOK: Final = "771"
RPL_METADATASUBS: Final = "772"
RPL_METADATASYNCLATER: Final = "774"
RPL_LOGGEDIN: Final = "900"
RPL_LOGGEDOUT: Final = "901"
RPL_SASLSUCCESS: Final = "903"
ERR_SASLFAIL: Final = "904"
ERR_SASLTOOLONG: Final = "905"
ERR_SASLABORTED: Final = "906"
ERR_SASLALREADY: Final = "907"
RPL_SASLMECHS: Final = "908"

# What stands last in a refusal, for people to read; the texts are those of Modern IRC, longer
# where a beginner would ask what to do.
TEXTS: Final[dict[str, str]] = {
    ERR_UNKNOWNERROR: "That cannot be done",
    ERR_NOSUCHNICK: "No such nick or channel",
    ERR_NOSUCHSERVER: "No such server",
    ERR_NOSUCHCHANNEL: "No such channel",
    ERR_CANNOTSENDTOCHAN: "Cannot send to channel",
    ERR_TOOMANYCHANNELS: "You have joined too many channels",
    ERR_WASNOSUCHNICK: "There was no such nickname",
    ERR_TOOMANYTARGETS: "Too many targets in one command",
    ERR_NOORIGIN: "No origin specified",
    ERR_INVALIDCAPCMD: "Invalid CAP command",
    ERR_NORECIPIENT: "No recipient given",
    ERR_NOTEXTTOSEND: "No text to send",
    ERR_TOOMANYMATCHES: "There are more than that: ask for fewer",
    ERR_INPUTTOOLONG: "Input line was too long",
    ERR_UNKNOWNCOMMAND: "Unknown command",
    ERR_NOMOTD: "There is no message of the day",
    ERR_NOADMININFO: "No administrative info available",
    ERR_NONICKNAMEGIVEN: "No nickname given",
    ERR_ERRONEUSNICKNAME: "Not a valid nickname: letters, digits and []\\`_^{|}-, no digit first",
    ERR_NICKNAMEINUSE: "Nickname is already in use",
    ERR_BANONCHAN: "Cannot change nickname while banned or muted on a channel",
    ERR_USERNOTINCHANNEL: "They aren't on that channel",
    ERR_NOTONCHANNEL: "You're not on that channel",
    ERR_USERONCHANNEL: "is already on channel",
    ERR_USERSDISABLED: "USERS has been disabled: see LUSERS and WHO",
    ERR_NOTREGISTERED: "You have not registered: send NICK and USER first",
    ERR_NEEDMOREPARAMS: "Not enough parameters",
    ERR_ALREADYREGISTERED: "You may not register again",
    ERR_PASSWDMISMATCH: "Password incorrect",
    ERR_YOUREBANNEDCREEP: "You are banned from this server",
    ERR_LINKCHANNEL: "Forwarding to another channel",
    ERR_CHANNELISFULL: "Cannot join channel (+l): it is full",
    ERR_UNKNOWNMODE: "is unknown mode char to me",
    ERR_INVITEONLYCHAN: "Cannot join channel (+i): you must be invited",
    ERR_BANNEDFROMCHAN: "Cannot join channel (+b): you are banned",
    ERR_BADCHANNELKEY: "Cannot join channel (+k): wrong key",
    ERR_BADCHANMASK: "Not a valid channel name: it begins with # and has no spaces or commas",
    ERR_NOPRIVILEGES: "Permission denied: you're not a server operator",
    ERR_CHANOPRIVSNEEDED: "You're not channel operator",
    ERR_UMODEUNKNOWNFLAG: "Unknown MODE flag",
    ERR_USERSDONTMATCH: "Can't change mode for other users",
    ERR_INVALIDKEY: "Key is not well-formed: no spaces, commas or control characters",
    ERR_INVALIDMODEPARAM: "Invalid mode parameter",
    ERR_SASLFAIL: "SASL authentication failed",
    ERR_SASLTOOLONG: "SASL message too long",
    ERR_SASLABORTED: "SASL authentication aborted",
    ERR_SASLALREADY: "You have already authenticated using SASL",
    ERR_NEEDREGGEDNICK: "Cannot join channel (+R): log in to an account first",
    ERR_BANLISTFULL: "The lists of this channel are full: take something out first",
    ERR_NONONREG: "You must be logged in to an account to write to this user",
    ERR_NOOPERHOST: "No operators are configured here",
    ERR_HELPNOTFOUND: "No help available on this topic: HELP lists the commands",
    ERR_MONLISTFULL: "Monitor list is full",
    ERR_TOOMANYKNOCK: "You have knocked there already: wait for an answer",
    ERR_CHANOPEN: "Channel is open: join it",
    ERR_KNOCKONCHAN: "You are already on that channel",
}
