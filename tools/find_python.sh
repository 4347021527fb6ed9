#!/bin/sh
# Prints the first Python from 3.11 to 3.14 that runs; nothing when there is none.
for candidate in python3 python3.13 python3.12 python3.11 python3.14 python; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' >/dev/null 2>&1; then
        echo "$candidate"
        exit 0
    fi
done
exit 1
