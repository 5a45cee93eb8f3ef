"""What needs a person: who takes care of it, and until when it is put off."""
