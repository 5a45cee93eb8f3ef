"""United Kingdom VAT for a seller established in the United Kingdom."""
