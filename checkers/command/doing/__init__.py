"""Carries out what a script asks of docker: a file each for containers, networks and volumes, images, …"""
