"""A causal Transformer over bytes, with the layer norm after each sum as in the paper."""

import torch
from torch import Tensor, nn

from preheat.demo.settings import HEADS, LENGTH

BYTES = 256


class ByteModel(nn.Module):
    """Predicts the next byte; PyTorch's default initialization, no dropout."""

    causal: Tensor

    def __init__(self, layers: int, width: int) -> None:  # noqa: D107  # the class says it
        super().__init__()
        self.byte = nn.Embedding(BYTES, width)
        self.place = nn.Embedding(LENGTH, width)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(width, HEADS, 4 * width, dropout=0.0, batch_first=True, norm_first=False)
            for _ in range(layers)
        )
        self.out = nn.Linear(width, BYTES)
        self.register_buffer("causal", nn.Transformer.generate_square_subsequent_mask(LENGTH))

    def forward(self, x: Tensor) -> Tensor:
        """Logits (batch, position, byte) of the byte that follows each of `x` (batch, position)."""
        hidden = self.byte(x) + self.place.weight
        for layer in self.layers:
            hidden = layer(hidden, src_mask=self.causal, is_causal=True)
        return torch.as_tensor(self.out(hidden))
