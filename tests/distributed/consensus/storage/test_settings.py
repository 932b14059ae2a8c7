from __future__ import annotations

import pytest

from holon_actors.distributed.consensus.storage import StoreSettings
from holon_actors.errors import ConfigError


@pytest.mark.parametrize("wrong", [{"segment_bytes": 0}, {"fill_bytes": -1}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        StoreSettings(**wrong)
