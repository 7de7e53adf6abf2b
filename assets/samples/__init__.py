"""Sample datasets that come with Pellucid, and the programs that write them."""
