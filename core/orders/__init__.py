"""Orders and credit notes: from the platform's fact to the parcel and its entry."""
