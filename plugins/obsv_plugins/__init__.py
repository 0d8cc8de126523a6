"""Built-in backends, each in a folder of its own; they see `obsv.plugin_api` alone."""
