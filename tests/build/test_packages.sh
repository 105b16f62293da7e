#!/bin/sh
# The packages' recipes without building them; `make packages` builds them, too.
exec "$(dirname "$0")/packages" quick
