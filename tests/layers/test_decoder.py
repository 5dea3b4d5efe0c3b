from __future__ import annotations

import torch

from zoo.layers import MaskedDecoder


def build():
    torch.manual_seed(0)
    return MaskedDecoder(24, depth=2, num_heads=3, drop_path=0.0).eval()


def test_masked_tokens_follow_their_centres():
    decoder = build()
    visible, near, far = torch.randn(2, 4, 24), torch.randn(2, 4, 3), torch.randn(2, 5, 3)
    out = decoder(visible, near, far)
    assert out.shape == (2, 5, 24)
    order = torch.randperm(5)
    torch.testing.assert_close(decoder(visible, near, far[:, order]), out[:, order], rtol=1e-4, atol=1e-5)


def test_the_order_of_visible_tokens_does_not_matter():
    decoder = build()
    visible, near, far = torch.randn(2, 4, 24), torch.randn(2, 4, 3), torch.randn(2, 5, 3)
    order = torch.randperm(4)
    torch.testing.assert_close(
        decoder(visible[:, order], near[:, order], far), decoder(visible, near, far), rtol=1e-4, atol=1e-5
    )


def test_each_sample_is_decoded_by_itself():
    decoder = build()
    visible, near, far = torch.randn(2, 4, 24), torch.randn(2, 4, 3), torch.randn(2, 5, 3)
    torch.testing.assert_close(
        decoder(visible[1:], near[1:], far[1:]), decoder(visible, near, far)[1:], rtol=1e-4, atol=1e-5
    )


def test_a_decoder_may_be_narrower_than_the_encoder():
    torch.manual_seed(0)
    decoder = MaskedDecoder(24, depth=2, num_heads=3, drop_path=0.0, width=12).eval()
    visible, near, far = torch.randn(2, 4, 24), torch.randn(2, 4, 3), torch.randn(2, 5, 3)
    out = decoder(visible, near, far)
    assert out.shape == (2, 5, decoder.width) == (2, 5, 12)
    narrow = build_like(decoder)
    torch.testing.assert_close(narrow(decoder.narrow(visible), near, far), out)
    assert not [name for name in build().state_dict() if 'narrow' in name]


def build_like(decoder):
    """The plain decoder of that width with the same weights."""
    plain = MaskedDecoder(decoder.width, depth=2, num_heads=3, drop_path=0.0).eval()
    plain.load_state_dict({key: value for key, value in decoder.state_dict().items() if 'narrow' not in key})
    return plain
