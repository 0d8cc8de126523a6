"""Network interfaces: traffic, state, neighbours and per-CPU packet work."""

from __future__ import annotations

from typing import Iterator

from ..sample import Sample
from .files import Roots, list_dir, read, read_number, try_read

__all__ = ["arp", "interfaces", "softnet", "traffic"]

_RECEIVE = ("bytes", "packets", "errs", "drop", "fifo", "frame", "compressed", "multicast")
_TRANSMIT = ("bytes", "packets", "errs", "drop", "fifo", "colls", "carrier", "compressed")
_ATTRIBUTES = (
    ("addr_assign_type", "node_network_address_assign_type"),
    ("carrier", "node_network_carrier"),
    ("carrier_changes", "node_network_carrier_changes_total"),
    ("carrier_up_count", "node_network_carrier_up_changes_total"),
    ("carrier_down_count", "node_network_carrier_down_changes_total"),
    ("dev_id", "node_network_device_id"),
    ("dormant", "node_network_dormant"),
    ("flags", "node_network_flags"),
    ("ifindex", "node_network_iface_id"),
    ("iflink", "node_network_iface_link"),
    ("link_mode", "node_network_iface_link_mode"),
    ("mtu", "node_network_mtu_bytes"),
    ("name_assign_type", "node_network_name_assign_type"),
    ("netdev_group", "node_network_net_dev_group"),
    ("tx_queue_len", "node_network_transmit_queue_length"),
    ("type", "node_network_protocol_type"),
)
_SOFTNET = (
    (0, "node_softnet_processed_total"),
    (1, "node_softnet_dropped_total"),
    (2, "node_softnet_times_squeezed_total"),
    (8, "node_softnet_cpu_collision_total"),
    (9, "node_softnet_received_rps_total"),
    (10, "node_softnet_flow_limit_count_total"),
    (11, "node_softnet_backlog_len"),
)
_IFF_UP = 1


def traffic(roots: Roots) -> Iterator[Sample]:
    """Yield bytes, packets and errors of every interface."""
    for line in read(roots.at("/proc/net/dev")).splitlines()[2:]:
        name, _, rest = line.rpartition(":")
        name, values = name.strip(), rest.split()
        device = (("device", name),)
        for field, value in zip(_RECEIVE, values):
            yield Sample(f"node_network_receive_{field}_total", device, float(value))
        for field, value in zip(_TRANSMIT, values[8:]):
            yield Sample(f"node_network_transmit_{field}_total", device, float(value))
        unhandled = read_number(roots.at(f"/sys/class/net/{name}/statistics/rx_nohandler"))
        if unhandled is not None:
            yield Sample("node_network_receive_nohandler_total", device, unhandled)


def interfaces(roots: Roots) -> Iterator[Sample]:
    """Yield what each interface is and whether it is up."""
    base = roots.at("/sys/class/net")
    for name in list_dir(base):
        folder = f"{base}/{name}/"
        state = try_read(folder + "operstate")
        if state is None:
            continue  # bonding_masters and the like
        device = (("device", name),)
        yield Sample("node_network_up", device, float(state == "up"))
        for file, metric in _ATTRIBUTES:
            value = read_number(folder + file)
            if value is not None:
                yield Sample(metric, device, value)
        speed = read_number(folder + "speed")
        if speed is not None:
            yield Sample("node_network_speed_bytes", device, speed * 125000)
        flags = int(read_number(folder + "flags") or 0)
        described = [(file, try_read(folder + file) or "") for file in ("address", "broadcast", "duplex", "ifalias")]
        described += [("adminstate", "up" if flags & _IFF_UP else "down"), ("device", name), ("operstate", state)]
        yield Sample("node_network_info", tuple(described), 1.0)


def arp(roots: Roots) -> Iterator[Sample]:
    """Yield how many neighbours each interface knows."""
    counts: dict[str, int] = {}
    for line in read(roots.at("/proc/net/arp")).splitlines()[1:]:
        device = line.split()[-1]
        counts[device] = counts.get(device, 0) + 1
    for device, count in counts.items():
        yield Sample("node_arp_entries", (("device", device),), float(count))


def softnet(roots: Roots) -> Iterator[Sample]:
    """Yield the packet work of each CPU."""
    for row, line in enumerate(read(roots.at("/proc/net/softnet_stat")).splitlines()):
        fields = [int(field, 16) for field in line.split()]
        cpu = (("cpu", str(fields[12] if len(fields) > 12 else row)),)
        for column, name in _SOFTNET:
            if column < len(fields):
                yield Sample(name, cpu, float(fields[column]))
