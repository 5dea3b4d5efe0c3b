from __future__ import annotations

import torch

from zoo.layers import MaskedDecoder


def build():
    torch.manual_seed(0)
    return MaskedDecoder(24, depth=2, num_heads=3, drop_path=0.0).eval()


def test_masked_tokens_follow_their_centers_and_neither_order_nor_company_of_visible_ones_matters():
    decoder = build()
    visible, near, far = torch.randn(2, 4, 24), torch.randn(2, 4, 3), torch.randn(2, 5, 3)
    out = decoder(visible, near, far)
    assert out.shape == (2, 5, 24)
    masked, shown = torch.randperm(5), torch.randperm(4)
    for found, expected in (
        (decoder(visible, near, far[:, masked]), out[:, masked]),
        (decoder(visible[:, shown], near[:, shown], far), out),
        (decoder(visible[1:], near[1:], far[1:]), out[1:]),
    ):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_a_decoder_may_be_narrower_than_the_encoder():
    torch.manual_seed(0)
    decoder = MaskedDecoder(24, depth=2, num_heads=3, drop_path=0.0, width=12).eval()
    visible, near, far = torch.randn(2, 4, 24), torch.randn(2, 4, 3), torch.randn(2, 5, 3)
    out = decoder(visible, near, far)
    assert out.shape == (2, 5, decoder.width) == (2, 5, 12)
    plain = MaskedDecoder(decoder.width, depth=2, num_heads=3, drop_path=0.0).eval()
    plain.load_state_dict({key: value for key, value in decoder.state_dict().items() if 'narrow' not in key})
    torch.testing.assert_close(plain(decoder.narrow(visible), near, far), out)
    assert not [name for name in build().state_dict() if 'narrow' in name]
