"""Demo data: a pretend shop, its team and the leads it has had in the last two months."""

from demo.access import DemoAccess, Login, read_demo_access
from demo.load import ensure_demo_site_origins, load_demo

__all__ = ["DemoAccess", "Login", "ensure_demo_site_origins", "load_demo", "read_demo_access"]
