"""A learner's Compose project, brought up by the real `docker compose` and looked at from outside.

    project = standing(attempt)              # resolved, judged, tamed, up
    answer = project.side("web").get(8000, "/")

In order: `reach` sees that Compose would read nothing outside the folder; `resolved` asks Compose what the
files mean; `refused` names what a check doesn't carry out; `tamed` gives the rest names, networks and limits
of the attempt's own; `project` brings it up and down; `side` looks at it.
"""
