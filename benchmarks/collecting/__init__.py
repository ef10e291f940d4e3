"""Collecting beside a bare Scrapy spider: pages a second, and memory over many pages."""
