"""The one way out: every HTTP request and mail session to another host is declared, guarded and written down.

::

    answer = await egress().request("POST", url, Call(Purpose.NOTIFICATION, "channel chn_…", data=("alert",), org=7))

A call names its purpose (a closed set without advertising, training or sale), its recipient and the categories of data
it carries. Hosts are declared in configuration, or created by a person (a channel, a monitor, a scrape target). Names
are resolved once and the checked address is the one connected to, so that a name cannot change its mind in between.
Loopback and link-local addresses are refused unless listed in `[egress] hosts`; private ones unless allowed; redirects
are not followed unless asked for, and never to a private address. The ledger (`egress_calls`) has a row for each call,
refused ones too; routine calls (scrapes) that go the same way are summed up by the hour. No other module of obsv
imports an HTTP, SMTP or DNS client: a test sees to it.

Probes (`probe_http`, `probe_tcp`, `probe_ping`, `probe_dns`) go the same way, and tell the time of each phase.
"""

from __future__ import annotations

from obsv.egress.client import Egress, Response, close_egress, egress, open_egress
from obsv.egress.errors import EgressFailed, EgressRefused, MailRejected
from obsv.egress.guard import Policy
from obsv.egress.phases import Phases
from obsv.egress.probe_dns import DnsProbe, DnsProbed, probe_dns
from obsv.egress.probe_http import HttpProbe, HttpProbed, probe_http, tls_context
from obsv.egress.probe_net import Destination, probe_ping, probe_tcp
from obsv.egress.smtp import Letter, SmtpServer, send_mail
from obsv.egress.types import Call, Origin, Purpose

__all__ = [
    "Call",
    "Destination",
    "DnsProbe",
    "DnsProbed",
    "Egress",
    "EgressFailed",
    "EgressRefused",
    "HttpProbe",
    "HttpProbed",
    "Letter",
    "MailRejected",
    "Origin",
    "Phases",
    "Policy",
    "Purpose",
    "Response",
    "SmtpServer",
    "close_egress",
    "egress",
    "open_egress",
    "probe_dns",
    "probe_http",
    "probe_ping",
    "probe_tcp",
    "send_mail",
    "tls_context",
]
