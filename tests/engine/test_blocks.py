import pytest

from ctdspec.engine.blocks import BLOCK_TRIALS, blocks


@pytest.mark.parametrize("n_trials", [1, BLOCK_TRIALS - 1, BLOCK_TRIALS, BLOCK_TRIALS + 1, 1000])
def test_blocks_cover_every_trial_once(n_trials):
    covered = [trial for block in blocks(n_trials) for trial in range(block.trials.start, block.trials.stop)]
    assert covered == list(range(n_trials))
    assert all(block.n_trials == BLOCK_TRIALS for block in blocks(n_trials)[:-1])
    assert [block.index for block in blocks(n_trials)] == list(range(len(blocks(n_trials))))
