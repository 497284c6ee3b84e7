#!/bin/bash
# A lifecycle configuration for a JupyterLab space of SageMaker Studio: at each start of the space it lets
# `python3 -m helpers studio` fetch, repair or simply confirm what the course needs. A configuration may take five
# minutes, and a first installation can take longer; so the work goes on in the background, and this script ends at
# once. What it does is told in ~/tune-a-coding-assistant.log: `tail -f` it in a terminal.
set -eu

# Where the course is, or is to be. It must be in the home folder: nothing else survives a stop.
COURSE="$HOME/tune-a-coding-assistant"
# The address to clone it from, where it is not there yet. Leave it empty to put the folder there yourself.
REPOSITORY=""

export COURSE REPOSITORY
PYTHON=/opt/conda/bin/python3
[ -x "$PYTHON" ] || PYTHON=python3
export PYTHON

nohup bash -c '
    set -eu
    date
    if [ ! -e "$COURSE" ] && [ -n "$REPOSITORY" ]; then
        git clone --depth 1 "$REPOSITORY" "$COURSE"
    fi
    cd "$COURSE"
    "$PYTHON" -m helpers studio
    date
' >>"$HOME/tune-a-coding-assistant.log" 2>&1 </dev/null &
