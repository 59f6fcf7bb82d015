package dev.pullback.train.store;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.pullback.train.store.RecordingOperations.CreateFolder;
import dev.pullback.train.store.RecordingOperations.Delete;
import dev.pullback.train.store.RecordingOperations.Open;
import dev.pullback.train.store.RecordingOperations.Operation;
import dev.pullback.train.store.RecordingOperations.Rename;
import dev.pullback.train.store.RecordingOperations.Sync;
import dev.pullback.train.store.RecordingOperations.SyncFolder;
import dev.pullback.train.store.RecordingOperations.Write;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * What a disk may hold after a power loss. A file's content is there if it was synced; of what was
 * written since, any part is there, is missing, or is zeros. A folder's entries are there if it was
 * synced; each change since is there or not, whatever became of the ones before.
 */
final class DiskModel {

  private sealed interface Node {}

  private static final class FileNode implements Node {
    private byte[] durable = {};
    private final List<byte[]> pending = new ArrayList<>();
  }

  private static final class FolderNode implements Node {
    private final Map<String, Node> entries = new TreeMap<>();
    private Map<String, Node> durable = new TreeMap<>();
    private final List<Change> pending = new ArrayList<>();

    void change(Change change) {
      change.applyTo(entries);
      pending.add(change);
    }
  }

  /** An entry that goes, an entry that comes, or both, which is a renaming. */
  private record Change(String gone, String name, Node node) {

    void applyTo(Map<String, Node> entries) {
      if (gone != null) {
        entries.remove(gone);
      }
      // Reordered, a file would appear under its first name after its second.
      if (name != null && !entries.containsValue(node)) {
        entries.put(name, node);
      }
    }
  }

  private final FolderNode root = new FolderNode();
  private final Map<Integer, FileNode> handles = new HashMap<>();

  void apply(Operation operation) {
    if (operation instanceof Open open) {
      FolderNode parent = folder(open.path().getParent());
      String name = open.path().getFileName().toString();
      FileNode file = (FileNode) parent.entries.get(name);
      if (file == null) {
        file = new FileNode();
        parent.change(new Change(null, name, file));
      }
      handles.put(open.handle(), file);
    } else if (operation instanceof Write write) {
      handles.get(write.handle()).pending.add(write.bytes().getBytes(ISO_8859_1));
    } else if (operation instanceof Sync sync) {
      FileNode file = handles.get(sync.handle());
      file.durable = joined(file.durable, file.pending);
      file.pending.clear();
    } else if (operation instanceof SyncFolder sync) {
      FolderNode synced = folder(sync.path());
      synced.durable = new TreeMap<>(synced.entries);
      synced.pending.clear();
    } else if (operation instanceof Rename rename) {
      if (!rename.from().getParent().equals(rename.to().getParent())) {
        throw new AssertionError("renamed from folder to folder: " + rename);
      }
      FolderNode parent = folder(rename.from().getParent());
      String from = rename.from().getFileName().toString();
      parent.change(
          new Change(from, rename.to().getFileName().toString(), parent.entries.get(from)));
    } else if (operation instanceof CreateFolder create) {
      String name = create.path().getFileName().toString();
      folder(create.path().getParent()).change(new Change(null, name, new FolderNode()));
    } else if (operation instanceof Delete delete) {
      String name = delete.path().getFileName().toString();
      folder(delete.path().getParent()).change(new Change(name, null, null));
    }
  }

  private FolderNode folder(Path path) {
    FolderNode folder = root;
    if (path != null && !path.toString().isEmpty()) {
      for (Path name : path) {
        folder = (FolderNode) folder.entries.get(name.toString());
      }
    }
    return folder;
  }

  /** Writes what a power loss now may leave, into an empty folder. */
  void writeSurvivors(Path target, Random random) throws IOException {
    write(root, target, random);
  }

  private static void write(FolderNode folder, Path target, Random random) throws IOException {
    Map<String, Node> entries = new TreeMap<>(folder.durable);
    List<Change> changes = new ArrayList<>(folder.pending);
    if (random.nextBoolean()) {
      Collections.shuffle(changes, random);
    }
    double likely = random.nextInt(5) / 4.0;
    for (Change change : changes) {
      if (random.nextDouble() < likely) {
        change.applyTo(entries);
      }
    }
    for (Map.Entry<String, Node> entry : entries.entrySet()) {
      Path path = target.resolve(entry.getKey());
      if (entry.getValue() instanceof FolderNode inner) {
        Files.createDirectory(path);
        write(inner, path, random);
      } else if (entry.getValue() instanceof FileNode file) {
        Files.write(path, survivingContent(file, random));
      }
    }
  }

  private static byte[] survivingContent(FileNode file, Random random) {
    List<byte[]> survivors = new ArrayList<>();
    double likely = random.nextInt(5) / 4.0;
    for (byte[] bytes : file.pending) {
      survivors.add(random.nextDouble() < likely ? bytes : new byte[bytes.length]);
    }
    byte[] all = joined(file.durable, survivors);
    int added = all.length - file.durable.length;
    int length =
        switch (random.nextInt(3)) {
          case 0 -> file.durable.length;
          case 1 -> file.durable.length + random.nextInt(added + 1);
          default -> all.length;
        };
    return Arrays.copyOf(all, length);
  }

  private static byte[] joined(byte[] start, List<byte[]> more) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(start);
    more.forEach(out::writeBytes);
    return out.toByteArray();
  }
}
