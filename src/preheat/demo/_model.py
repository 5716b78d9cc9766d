"""The model: a causal Transformer over bytes, with the layer norm after each sum, as the paper has it."""

import torch
from torch import Tensor, nn

from preheat.demo._settings import HEADS, LENGTH

BYTES = 256


class ByteModel(nn.Module):
    """Says which byte comes next; every weight starts as PyTorch starts it, and there is no dropout."""

    causal: Tensor

    def __init__(self, layers: int, width: int) -> None:
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
        """Logits (batch, place, byte) of the byte that follows each of `x` (batch, place)."""
        hidden = self.byte(x) + self.place.weight
        for layer in self.layers:
            hidden = layer(hidden, src_mask=self.causal, is_causal=True)
        return torch.as_tensor(self.out(hidden))
