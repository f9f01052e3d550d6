"""Counted operations are those of the parts, as often as they are computed."""

from crosstalk.grounding.arithmetic import training_operations
from crosstalk.params.grounding import GroundedParams, GroundingParams
from crosstalk.params.xlsr import PretrainParams, XlsrModelParams
from crosstalk.xlsr.arithmetic import forward_operations, update_operations


def test_the_first_stage_is_shared_and_captions_are_heard_below_the_branch():
    model = XlsrModelParams()
    pretrain = PretrainParams(updates=50, batch_seconds=30.0, crop_seconds=2.0)
    grounding = GroundingParams(tap=4, batch_captions=8, caption_seconds=3.0)
    cfg = GroundedParams(model=model, pretrain=pretrain, joint_updates=20, grounding=grounding)
    masked = update_operations(model, pretrain)
    captions = 3 * 8 * forward_operations(model, 3.0, upto=4).all
    assert training_operations(cfg, ["alone"]) == (50 + 20) * masked
    assert training_operations(cfg, ["alone", "pictures", "text"]) == (
        (50 + 3 * 20) * masked + 2 * 20 * captions
    )
