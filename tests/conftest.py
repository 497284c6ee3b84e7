"""Settings of every test: no hub, small budget, quiet libraries."""

import os

os.environ.update(HF_HUB_OFFLINE="1", COURSE_BUDGET="smoke", TOKENIZERS_PARALLELISM="false")
