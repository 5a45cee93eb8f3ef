"""The pages: shell, sign-in, forms, languages, templates and static files."""
