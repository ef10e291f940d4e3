"""The desks: the JSON API and the pages of analysts, partners, researchers and oversight."""
