"""What `entrepot addons new` makes: addons that keep their contract from the start."""
