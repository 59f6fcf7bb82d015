package dev.pullback.train.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.nn.Block;
import dev.pullback.optim.ParameterInfo;
import dev.pullback.train.config.MuonMatrices.Role;
import dev.pullback.train.model.Gelu;
import dev.pullback.train.model.GptBlock;
import dev.pullback.train.model.GptConfig;
import dev.pullback.train.model.Initialization;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class MuonMatricesTest {

  @Test
  void muonLeavesAttentionToAdamAsThePapersModelDoes() {
    Block block =
        new GptBlock(
            new GptConfig(65, 8, 1, 2, 4, 0, false, true, Gelu.TANH, 1e-6, Initialization.FLAX), 1);
    Map<String, Role> expected =
        Map.of(
            "wte", Role.EMBEDDING,
            "wpe", Role.EMBEDDING,
            "h.0.attn.qkv.weight", Role.ADAM,
            "h.0.attn.proj.weight", Role.ADAM,
            "h.0.mlp.fc.weight", Role.LINEAR,
            "h.0.mlp.proj.weight", Role.LINEAR,
            "head.weight", Role.LINEAR);
    Map<String, Role> roles = new TreeMap<>();
    for (String path : block.getParameters().keys()) {
      if (expected.containsKey(path)) {
        roles.put(path, MuonMatrices.PAPER.role(new ParameterInfo(path, null, null)));
      }
    }
    assertEquals(expected, roles);
  }
}
