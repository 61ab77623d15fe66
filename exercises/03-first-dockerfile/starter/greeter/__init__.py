"""A small web service that greets people in the language of the house."""
