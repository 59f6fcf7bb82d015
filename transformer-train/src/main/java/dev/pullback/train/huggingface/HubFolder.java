package dev.pullback.train.huggingface;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.engine.Safetensors;
import dev.pullback.engine.SafetensorsReader;
import dev.pullback.engine.TensorInfo;
import dev.pullback.tokenizer.TextTokenizer;
import dev.pullback.train.InputException;
import dev.pullback.train.config.DeviceChoice;
import dev.pullback.train.config.Presets;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.config.TrainingEngine;
import dev.pullback.train.data.TextConventions;
import dev.pullback.train.data.TokenizerChoice;
import dev.pullback.train.model.LanguageModelConfig;
import dev.pullback.train.model.ModelFile;
import dev.pullback.train.store.AtomicFiles;
import dev.pullback.train.store.Checkpoint;
import dev.pullback.train.store.PartialFiles;
import dev.pullback.train.store.Retention;
import dev.pullback.train.store.RunFolder;
import dev.pullback.train.store.RunWriter;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A folder with {@code config.json}, {@code tokenizer.json} and {@code model.safetensors}, or
 * shards with an index. Weights go through memory one tensor at a time, as arrays of PyTorch, which
 * has to be loaded.
 *
 * @param path the folder
 */
public record HubFolder(Path path) {

  private static final String CONFIG = "config.json";
  private static final String HEAD = "lm_head.weight";
  static final String TOKENIZER = "tokenizer.json";

  /** Types that float32 holds exactly. */
  private static final Set<String> TYPES = Set.of("F32", "BF16", "F16");

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(JsonNodeFeature.WRITE_PROPERTIES_SORTED)
          .defaultPrettyPrinter(
              new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n")))
          .build();

  // Reading

  /**
   * Makes a run of the folder's model: a configuration and a checkpoint at step 0, of float32.
   *
   * @param out the run's folder, absent or empty
   * @return the run's configuration
   * @throws InputException if the folder is not complete, or holds a model that is not supported;
   *     nothing is then left in {@code out} that a run could be taken for
   * @throws IOException if the run cannot be written
   */
  public RunConfig importTo(Path out) throws IOException {
    HubConfig json = HubConfig.read(path.resolve(CONFIG));
    HubFormat format = HubFormats.of(json);
    TextTokenizer tokenizer = HubTokenizer.read(path.resolve(TOKENIZER));
    TextConventions conventions = HubConventions.read(path, json);
    RunConfig config;
    LanguageModelConfig shape;
    try {
      RunOptions recipe = new RunOptions();
      recipe.preset = Presets.FINETUNE;
      config = RunConfig.resolve(null, recipe).with(format.options(json));
      shape = config.model(tokenizer.vocabularySize());
    } catch (InputException e) {
      throw e.getMessage().contains(path.toString())
          ? e
          : new InputException("%s: %s".formatted(json.file(), e.getMessage()), e);
    }
    try (NDManager manager = DeviceChoice.of("cpu").on(TrainingEngine.PYTORCH).newManager();
        SafetensorsReader reader = open()) {
      Map<String, Safetensors.Lazy> weights = weights(reader, format, shape, manager);
      requireFinite(reader, name -> !format.ignored().matcher(name).matches());
      try (RunWriter run = RunWriter.create(out)) {
        run.write("config.yaml", config.toYaml());
        run.save(
            0,
            false,
            new Retention(1, 0),
            files -> {
              Safetensors.writeLazily(
                  weights, Map.of(), "model", Safetensors.DEFAULT_SHARD_BYTES, files::create);
              try (OutputStream to = files.create(TOKENIZER)) {
                to.write(tokenizer.toJson().getBytes(StandardCharsets.UTF_8));
              }
              conventions.write(files);
            });
      }
    }
    return config;
  }

  private SafetensorsReader open() {
    try {
      return Safetensors.open(ModelFile.find(path));
    } catch (IOException e) {
      throw new InputException(e.getMessage(), e); // begins with the file
    }
  }

  static void requireFinite(SafetensorsReader reader, Predicate<String> names) {
    try {
      reader.requireFinite(names);
    } catch (IOException e) {
      throw new InputException(e.getMessage(), e);
    }
  }

  /** Returns the parameters, in the block's order, as they are to be made from the files. */
  private Map<String, Safetensors.Lazy> weights(
      SafetensorsReader reader, HubFormat format, LanguageModelConfig shape, NDManager manager) {
    Path file = ModelFile.find(path);
    Map<String, TensorInfo> found = reader.tensors();
    if (shape.layers() > found.size()) {
      throw new InputException(
          "%s: its %d tensors are too few for the %d layers of %s"
              .formatted(file, found.size(), shape.layers(), CONFIG));
    }
    Set<String> left = new TreeSet<>(found.keySet());
    left.removeIf(name -> format.ignored().matcher(name).matches());
    Map<String, Safetensors.Lazy> weights = new LinkedHashMap<>();
    for (HubTensor tensor : format.tensors(shape)) {
      String name =
          format
              .nameIn(found.keySet(), tensor.hub())
              .orElseThrow(
                  () ->
                      new InputException(
                          "%s: there is no tensor %s, which the model of %s needs"
                              .formatted(file, tensor.hub(), CONFIG)));
      TensorInfo info = found.get(name);
      if (!TYPES.contains(info.dtype())) {
        throw new InputException(
            "%s: tensor %s is %s; only F32, BF16 and F16 can be imported, no quantised weights"
                .formatted(file, name, info.dtype()));
      }
      if (!info.shape().equals(tensor.shape())) {
        throw new InputException(
            "%s: tensor %s is %s, but should be %s by %s"
                .formatted(file, name, info.shape(), tensor.shape(), CONFIG));
      }
      left.remove(name);
      weights.put(
          tensor.own(),
          new Safetensors.Lazy(
              tensor.ownShape(),
              DataType.FLOAT32,
              () -> turned(read(reader, name, tensor.shape(), manager), tensor.transposed())));
    }
    if (shape.tiedHead() && left.remove(HEAD)) {
      requireCopy(reader, format.nameIn(found.keySet(), format.tensors(shape).get(0).hub()), file);
    }
    if (!left.isEmpty()) {
      throw new InputException(
          "%s has tensors that the model of %s has not: %s"
              .formatted(file, CONFIG, String.join(", ", left)));
    }
    return weights;
  }

  /** Some files have the output layer although it is the embedding; some say so wrongly. */
  private static void requireCopy(SafetensorsReader reader, Optional<String> embedding, Path file) {
    try {
      if (!reader.areEqual(HEAD, embedding.orElseThrow())) {
        throw new InputException(
            "%s: %s differs from %s, although %s says that they are the same (tie_word_embeddings)"
                .formatted(file, HEAD, embedding.get(), CONFIG));
      }
    } catch (IOException e) {
      throw new InputException(e.getMessage(), e);
    }
  }

  static NDArray read(SafetensorsReader reader, String name, Shape shape, NDManager manager)
      throws IOException {
    NDArray array = manager.create(shape, DataType.FLOAT32);
    try {
      reader.load(name, array);
      return array;
    } catch (IOException | RuntimeException e) {
      array.close();
      throw e;
    }
  }

  /** Returns the array or, as a copy whose rows follow each other, its transpose. */
  private static NDArray turned(NDArray array, boolean transposed) {
    if (!transposed) {
      return array;
    }
    try (array;
        NDArray view = array.transpose();
        NDArray rows = view.flatten()) {
      return rows.reshape(view.getShape());
    }
  }

  // Writing

  /**
   * Writes the latest model of a run, adapters added to the weights that they belong to.
   *
   * @param run the run
   * @throws InputException if it is no run of a language model, if its form has no place for
   *     something, or if the folder holds something
   * @throws IOException if the folder cannot be written
   */
  public void export(RunFolder run) throws IOException {
    RunConfig config = config(run);
    AtomicFiles.createFolders(path);
    try (Stream<Path> entries = Files.list(path)) {
      if (entries.findAny().isPresent()) {
        throw new InputException("%s is not empty; choose another --to".formatted(path));
      }
    }
    try (NDManager manager = DeviceChoice.of("cpu").on(TrainingEngine.PYTORCH).newManager()) {
      run.readLatest(
          checkpoint -> {
            export(checkpoint, config, manager);
            return checkpoint;
          });
    }
  }

  /** Reads the configuration of a run of a language model. */
  static RunConfig config(RunFolder run) {
    RunConfig config = RunConfig.read(run.config());
    config.requireLanguageModel(run.path(), "can be exported");
    return config;
  }

  private void export(Checkpoint checkpoint, RunConfig config, NDManager manager)
      throws IOException {
    TextTokenizer tokenizer = TokenizerChoice.load(checkpoint.file(TOKENIZER));
    LanguageModelConfig shape = config.model(tokenizer.vocabularySize());
    HubFormat format = HubFormats.of(shape);
    ObjectNode json = JSON.createObjectNode();
    format.write(shape, json);
    TextConventions conventions = TextConventions.read(checkpoint);
    OptionalInt end = conventions.end(tokenizer);
    put(json, "bos_token_id", conventions.begin(tokenizer));
    put(json, "eos_token_id", end);
    json.put("torch_dtype", "float32");
    json.put("use_cache", true);
    try (RunWeights weights = RunWeights.open(checkpoint, shape, config.lora());
        PartialFiles files = new PartialFiles()) {
      Map<String, Safetensors.Lazy> tensors = new LinkedHashMap<>();
      for (HubTensor tensor : format.tensors(shape)) {
        tensors.put(
            tensor.hub(),
            new Safetensors.Lazy(
                tensor.shape(),
                DataType.FLOAT32,
                () -> turned(weights.read(tensor, manager), tensor.transposed())));
      }
      Safetensors.writeLazily(
          tensors,
          Map.of("format", "pt"),
          "model",
          Safetensors.DEFAULT_SHARD_BYTES,
          name ->
              new BufferedOutputStream(Files.newOutputStream(files.beside(path.resolve(name)))));
      ObjectNode words = JSON.createObjectNode();
      words.put("tokenizer_class", "PreTrainedTokenizerFast");
      words.put("model_max_length", shape.context());
      words.put("clean_up_tokenization_spaces", false);
      end.ifPresent(id -> words.put("eos_token", tokenizer.decode(id)));
      HubConventions.write(conventions, json, words);
      if (!conventions.chatTemplate().isEmpty()) {
        write(files, HubConventions.TEMPLATE_FILE, conventions.chatTemplate());
      }
      write(files, TOKENIZER, HubTokenizer.write(tokenizer));
      write(files, "tokenizer_config.json", pretty(words));
      write(files, CONFIG, pretty(json)); // the last; without it nothing takes this for a model
      files.commit();
    }
  }

  private static void put(ObjectNode json, String key, OptionalInt value) {
    if (value.isPresent()) {
      json.put(key, value.getAsInt());
    } else {
      json.putNull(key);
    }
  }

  private static String pretty(ObjectNode json) throws IOException {
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n";
  }

  private void write(PartialFiles files, String name, String content) throws IOException {
    Files.writeString(files.beside(path.resolve(name)), content);
  }
}
