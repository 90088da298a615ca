"""The owner of a running service: database, job engine and web server are its children, in this order.

It alone decides what starts, what starts again and what ends; all of it ends with the owner, however that ends.
"""

from solidata_api.supervisor.owner import run

__all__ = ["run"]
