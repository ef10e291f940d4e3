"""What every desk shares: headers, errors, pages, languages, inert text."""
