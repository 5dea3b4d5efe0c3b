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
