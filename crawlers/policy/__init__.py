"""The politeness policy: one for all collectors, as Scrapy settings and the few components they name.

Nothing else of Scrapy's defaults runs: what is not named in `crawlers.policy.settings` is off.
"""
