"""What learners believe and what is so: the course's list, M01 to M25.

A failed check, a wrong prediction and a hint name a code; this is what the code stands for. `taught` is the
heading in a lesson under which a live cell shows that the belief is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from course.errors import ManifestError


@dataclass(frozen=True)
class Misconception:
    """One belief that leads to mistakes."""

    code: str  # M01…
    belief: str  # in a learner's words
    truth: str  # two sentences: what is so, and what follows for one's own work
    taught: str = ""  # "04_layers.ipynb#Deleted,-and-still-there"; "" while its chapter isn't written

    @property
    def notebook(self) -> str:
        """The lesson's file in notebooks/, "" if there is none yet."""
        return self.taught.partition("#")[0]

    @property
    def heading(self) -> str:
        """The heading to look for, as a reader sees it. JupyterLab's anchors have a hyphen for each space."""
        return self.taught.partition("#")[2].replace("-", " ")


def find(code: str) -> Misconception:
    """The misconception of that code. Raises ManifestError for a code that isn't in the list."""
    try:
        return ALL[code]
    except KeyError as error:
        raise ManifestError(f"{code!r} is in no list of misconceptions: M01 to M{len(ALL)}.") from error


_LIST = (
    Misconception(
        "M01",
        "EXPOSE opens the port.",
        "EXPOSE writes a note into the image and opens nothing, neither in the container nor on your "
        "machine. A port is open where a program listens on it, and reachable from your machine when the "
        "container is started with -p.",
        "06_networking.ipynb#Into-the-container-from-outside",
    ),
    Misconception(
        "M02",
        "localhost in a container is my computer.",
        "Each container has a localhost of its own: a program that listens on 127.0.0.1 is reached from "
        "inside its container only. Let a service listen on 0.0.0.0, and call another container by its "
        "name.",
        "06_networking.ipynb#localhost-is-where-you-are",
    ),
    Misconception(
        "M03",
        "depends_on waits until the other service is ready.",
        "depends_on alone waits until the other container has been started, which says nothing of the "
        "program in it. With condition: service_healthy Compose waits for that service's health check to "
        "succeed.",
        "08_compose.ipynb#The-order-of-the-start",
    ),
    Misconception(
        "M04",
        "What a container wrote is safe, and stopping one removes it.",
        "Stop ends the process and keeps the container with all its files; rm deletes both. Data that must "
        "outlive its container belongs into a volume.",
        "01_containers.ipynb#Stop-is-not-remove",
    ),
    Misconception(
        "M05",
        "docker compose up runs my changed code.",
        "Compose builds an image when there is none, and then uses the one that is there, whatever you have "
        "edited since. docker compose up --build looks at the files again.",
        "08_compose.ipynb#A-change-of-the-code",
    ),
    Misconception(
        "M06",
        "Deleting files in a later step makes the image smaller.",
        "A layer never changes again: a later rm only hides the file, and everybody who pulls the image "
        "still gets its bytes. Delete in the same RUN that made the file, or never let it in: a mount, or "
        "another stage.",
        "04_layers.ipynb#Deleted,-and-still-there",
    ),
    Misconception(
        "M07",
        "A password in ARG or ENV stays hidden.",
        "Whoever has the image can read both: ENV in its configuration, a used ARG in its history. A secret "
        "that a build needs comes through RUN --mount=type=secret, which leaves nothing behind.",
        "05_cache_and_buildkit.ipynb#A-secret-while-building",
    ),
    Misconception(
        "M08",
        "Files from my machine just have the right owner in the container.",
        "A bind mount shows the files with the numbers of their owners as they are on your machine; names "
        "are looked up in the container and may be others. Let the process run as the number that owns the "
        "folder, or give the folder to the number that the process runs as.",
        "07_volumes.ipynb#Whose-files",
    ),
    Misconception(
        "M09",
        "A container stays up once it was started.",
        "A container lives exactly as long as its first process, and -d changes nothing about that. Start "
        "the service in the foreground: no &, no daemon option, no script that returns.",
        "01_containers.ipynb#A-container-that-won't-stay-up",
    ),
    Misconception(
        "M10",
        "CMD and ENTRYPOINT are the same, and so are their two spellings.",
        "ENTRYPOINT is the program that stays, CMD holds default words that those of docker run replace. "
        'The exec form ["…"] runs without a shell, so that $VAR and * stay as they are; the shell form puts '
        "sh -c between you and the program.",
        "03_dockerfiles.ipynb#What-a-container-starts",
    ),
    Misconception(
        "M11",
        "The variables in .env are in the container.",
        "Compose reads .env to fill in the ${…} of the Compose file, and hands nothing of it to a "
        "container. What a container is to get stands under environment: or env_file: of its service.",
        "08_compose.ipynb#Settings",
    ),
    Misconception(
        "M12",
        "The database takes its password and name from the environment at each start.",
        "The images of databases read those variables once, when their data folder is empty. With data in "
        "the volume they change nothing: change it in the database, or begin with a new volume.",
        "07_volumes.ipynb#A-database-and-its-volume",
    ),
    Misconception(
        "M13",
        "A bind mount adds my files to those of the image.",
        "A bind mount hides what the image has in that folder, all of it, as long as the container lives. "
        "Mount a folder below, or a single file, or copy at build time what must be there.",
        "07_volumes.ipynb#A-new-volume-is-filled,-a-bind-mount-covers",
    ),
    Misconception(
        "M14",
        "docker stop reaches my program, whatever stands before it.",
        "The signal goes to process 1 alone, and process 1 ignores what it has no handler for; a shell "
        "there passes nothing on. Use the exec form or exec so that the program is process 1, and let it "
        "handle SIGTERM.",
        "03_dockerfiles.ipynb#Process-1-and-its-signals",
    ),
    Misconception(
        "M15",
        "COPY can take any file of my machine.",
        "The builder only has the build context, the folder that docker build was given, and every path "
        "begins and ends there. Move the file into the context, or give docker build a larger folder and "
        "the Dockerfile with -f.",
        "03_dockerfiles.ipynb#Where-files-come-from",
    ),
    Misconception(
        "M16",
        "RUN apt-get update fetches today's list at each build.",
        "A step that is unchanged comes from the cache, with the list of the day on which it ran. Put "
        "update and install into one RUN, and build with --no-cache when it has to be fresh.",
        "05_cache_and_buildkit.ipynb#A-cached-update-isn't-fresh",
    ),
    Misconception(
        "M17",
        "An image runs on any CPU.",
        "The programs in an image are machine code for one kind of CPU; on another one the kernel says exec "
        "format error. An image for several CPUs is a list of images, one for each, built with --platform.",
        "02_images.ipynb#For-one-kind-of-CPU",
    ),
    Misconception(
        "M18",
        "Containers find each other by name.",
        "On the default bridge they have addresses and no names. Docker's DNS answers on networks that you "
        "make yourself, and Compose makes one for each project.",
        "06_networking.ipynb#Names",
    ),
    Misconception(
        "M19",
        "An unhealthy container is restarted.",
        "Unhealthy is a note that docker ps shows; the engine itself does nothing, and a restart policy "
        "reacts to an exit only. Compose, Swarm or a load balancer may act on it, and a health check itself "
        "only looks.",
        "03_dockerfiles.ipynb#Healthy,-or-only-running",
    ),
    Misconception(
        "M20",
        "My firewall guards the ports that I publish.",
        "Docker writes packet rules of its own, and traffic to a published port is forwarded before rules "
        "for the host's own programs, such as ufw's, are asked. Publish on 127.0.0.1 what only this machine "
        "should reach.",
        "06_networking.ipynb#What-publishing-does-to-a-firewall",
    ),
    Misconception(
        "M21",
        "Removing containers or images frees all their disk space.",
        "A layer goes when the last image and container that use it are gone; volumes and the build cache "
        "stay. docker system df tells what holds how much, and what of it can be given back.",
        "02_images.ipynb#What-removing-frees",
    ),
    Misconception(
        "M22",
        "A container is a light virtual machine.",
        "A container is a process of the host with a view of its own, under the host's kernel; no other "
        "operating system starts. Whatever gets past that kernel gets the host, and a process that ends "
        "takes its container along.",
        "01_containers.ipynb#Container-and-virtual-machine",
    ),
    Misconception(
        "M23",
        "Every instruction adds a layer.",
        "RUN, COPY and ADD add a layer of files, WORKDIR does if it has to make the folder; all others only "
        "write into the configuration. So count bytes, not lines: what lies in a layer is what costs.",
        "04_layers.ipynb#What-makes-a-layer",
    ),
    Misconception(
        "M24",
        "After VOLUME, later steps of a build write into the volume.",
        "During a build there is no volume: BuildKit keeps what later steps write there as part of the "
        "image, the old builder dropped it. Fill the folder first and declare VOLUME last, then both do the "
        "same.",
        "07_volumes.ipynb#VOLUME-in-a-Dockerfile",
    ),
    Misconception(
        "M25",
        "docker --version shows that Docker works.",
        "docker --version asks the client about itself and no engine at all. docker version or docker info "
        "ask the engine, and fail when it doesn't answer.",
        "00_start.ipynb#A-version-proves-little",
    ),
)  # fmt: skip
ALL: Mapping[str, Misconception] = {one.code: one for one in _LIST}
