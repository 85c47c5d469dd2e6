#!/bin/sh
# After apt-get in an image: nothing that differs from one build to the next, or that nobody reads.
set -eu
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/cache/ldconfig/aux-cache /var/log/* \
  /var/lib/dpkg/*-old /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow- /root/.cache /tmp/*
find / -xdev -name __pycache__ -prune -exec rm -rf {} +
