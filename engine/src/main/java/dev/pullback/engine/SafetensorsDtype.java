package dev.pullback.engine;

import ai.djl.ndarray.types.DataType;
import java.util.Optional;

/**
 * The element types that the format names, in the order in which the reference sorts tensors. DJL
 * (0.36.0) has names for more types than its engines have arrays of: PyTorch's ends the process
 * when one of BFLOAT16 or INT16 is made, MXNet's takes it for another type.
 */
enum SafetensorsDtype {
  BOOL(8, DataType.BOOLEAN),
  F4(4),
  F6_E2M3(6),
  F6_E3M2(6),
  U8(8, DataType.UINT8),
  I8(8, DataType.INT8),
  F8_E5M2(8),
  F8_E4M3(8),
  F8_E8M0(8),
  F8_E4M3FNUZ(8),
  F8_E5M2FNUZ(8),
  I16(16),
  U16(16),
  F16(16, DataType.FLOAT16),
  BF16(16),
  I32(32, DataType.INT32),
  U32(32),
  F32(32, DataType.FLOAT32),
  C64(64),
  F64(64, DataType.FLOAT64),
  I64(64, DataType.INT64),
  U64(64);

  private final int bits;
  private final DataType type;

  SafetensorsDtype(int bits) {
    this(bits, null);
  }

  SafetensorsDtype(int bits, DataType type) {
    this.bits = bits;
    this.type = type;
  }

  /** Finds the element type of that name. */
  static Optional<SafetensorsDtype> named(String name) {
    for (SafetensorsDtype dtype : values()) {
      if (dtype.name().equals(name)) {
        return Optional.of(dtype);
      }
    }
    return Optional.empty();
  }

  /** Finds the element type that holds DJL's. */
  static Optional<SafetensorsDtype> of(DataType type) {
    for (SafetensorsDtype dtype : values()) {
      if (dtype.is(type)) {
        return Optional.of(dtype);
      }
    }
    return Optional.empty();
  }

  /** Returns DJL's type; nothing where no engine has arrays of it. */
  Optional<DataType> dataType() {
    return Optional.ofNullable(type);
  }

  /** Tells whether arrays of DJL's type hold such elements. */
  boolean is(DataType other) {
    return type == other;
  }

  /** Returns the bits of an element. */
  int bits() {
    return bits;
  }

  /** Returns whether the elements widen to float32 without loss. */
  boolean widens() {
    return this == F16 || this == BF16;
  }
}
