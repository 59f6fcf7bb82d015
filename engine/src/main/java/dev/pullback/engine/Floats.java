package dev.pullback.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;

/** Floating-point values in the bytes of a file. */
final class Floats {

  // The bits of an exponent are all set in NaN and in the infinities, and nowhere else.
  private static final long F64_EXPONENT = 0x7ff0_0000_0000_0000L;
  private static final int F32_EXPONENT = 0x7f80_0000;
  private static final int BF16_EXPONENT = 0x7f80;
  private static final int F16_EXPONENT = 0x7c00;

  private Floats() {}

  /** Tells whether values are of a type that {@link #areFinite} knows. */
  static boolean canCheck(SafetensorsDtype dtype) {
    return switch (dtype) {
      case F16, BF16, F32, F64 -> true;
      default -> false;
    };
  }

  /** Tells whether no value is NaN or infinite. */
  static boolean areFinite(SafetensorsDtype dtype, ByteBuffer values) {
    return switch (dtype) {
      case F64 -> areFinite(values.asLongBuffer());
      case F32 -> areFinite(values.asIntBuffer());
      case BF16 -> areFinite(values.asShortBuffer(), BF16_EXPONENT);
      case F16 -> areFinite(values.asShortBuffer(), F16_EXPONENT);
      default -> throw new IllegalArgumentException(dtype + " is not checked");
    };
  }

  private static boolean areFinite(LongBuffer values) {
    for (int i = 0; i < values.limit(); i++) {
      if ((values.get(i) & F64_EXPONENT) == F64_EXPONENT) {
        return false;
      }
    }
    return true;
  }

  private static boolean areFinite(IntBuffer values) {
    for (int i = 0; i < values.limit(); i++) {
      if ((values.get(i) & F32_EXPONENT) == F32_EXPONENT) {
        return false;
      }
    }
    return true;
  }

  private static boolean areFinite(ShortBuffer values, int exponent) {
    for (int i = 0; i < values.limit(); i++) {
      if ((values.get(i) & exponent) == exponent) {
        return false;
      }
    }
    return true;
  }

  /** Returns the same values as float32, in a direct buffer of the machine's byte order. */
  static ByteBuffer widen(SafetensorsDtype dtype, ByteBuffer values) {
    ShortBuffer narrow = values.asShortBuffer();
    ByteBuffer wide =
        ByteBuffer.allocateDirect(narrow.limit() * Float.BYTES).order(ByteOrder.nativeOrder());
    for (int i = 0; i < narrow.limit(); i++) {
      short bits = narrow.get(i);
      wide.putFloat(dtype == SafetensorsDtype.BF16 ? bfloat16(bits) : float16(bits));
    }
    return wide.flip();
  }

  private static float bfloat16(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  private static float float16(short bits) {
    int exponent = bits & F16_EXPONENT;
    int fraction = bits & 0x3ff;
    float magnitude;
    if (exponent == 0) {
      magnitude = fraction * 0x1p-24f;
    } else if (exponent == F16_EXPONENT) {
      magnitude = fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
    } else {
      magnitude = Float.intBitsToFloat((((exponent >> 10) + 112) << 23) | (fraction << 13));
    }
    return bits < 0 ? -magnitude : magnitude;
  }
}
