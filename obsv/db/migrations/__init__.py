"""Schema changes in order; see `obsv.db` for how to write one."""
