"""The three roots of the schema: nothing but names, descriptions and who may call."""
