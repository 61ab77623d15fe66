# Changed by hand, several times a day.
EDITION = "spring"
