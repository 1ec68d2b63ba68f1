"""The demo: a shop with people, families and machines, simulated shoppers, and one plan made for real.

Nothing here is a short cut: shoppers click through ``designs.choose``, orders go
through ``checkout.place`` and a CSV channel, the plan is a job that the Celery
worker runs after the relay has called it out.
"""
