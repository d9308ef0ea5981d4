package relay.common.config;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import relay.common.endpoint.InvalidValue;

/**
 * Makes values of texts, by the type of the record's component. A type of our own brings a static
 * method {@code of(String)} that throws {@link InvalidValue}.
 */
final class ValueReader {

  private static final int MAX_DIGITS = 9;

  private ValueReader() {}

  /**
   * Reads one value, or for a list each of the texts.
   *
   * @throws InvalidValue where a text is not what the type and the setting's limits ask for
   */
  static Object read(Type type, Setting setting, List<String> texts) {
    if (type instanceof ParameterizedType list && list.getRawType() == List.class) {
      Type item = list.getActualTypeArguments()[0];
      return texts.stream().map(text -> one((Class<?>) item, setting, text)).toList();
    }
    if (texts.size() != 1) {
      throw new InvalidValue(String.join(", ", texts), "one value", "one value, not a list");
    }
    return one((Class<?>) type, setting, texts.get(0));
  }

  private static Object one(Class<?> type, Setting setting, String text) {
    if (text.isEmpty()) {
      throw new InvalidValue(text, "a value", "a value");
    }
    if (type == String.class) {
      return text;
    } else if (type == int.class) {
      return number(text, setting);
    } else if (type == boolean.class) {
      return truth(text);
    } else if (type == Path.class) {
      return path(text);
    } else if (type == Duration.class) {
      return duration(text, setting);
    } else if (type == ByteSize.class) {
      ByteSize size = ByteSize.of(text);
      within(text, size.bytes(), setting, ByteSize.EXPECTED, "B");
      return size;
    } else if (type.isEnum()) {
      return constant(type, text);
    }
    return ofText(type, text);
  }

  private static int number(String text, Setting setting) {
    String expected = "a whole number from " + setting.min() + " to " + setting.max();
    int digits = Digits.leading(text);
    if (digits == 0 || digits != text.length() || digits > MAX_DIGITS) {
      throw new InvalidValue(text, "a number", expected);
    }
    int number = Integer.parseInt(text);
    if (number < setting.min() || number > setting.max()) {
      throw new InvalidValue(text, "in range", expected);
    }
    return number;
  }

  private static boolean truth(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "yes", "true", "on" -> true;
      case "no", "false", "off" -> false;
      default -> throw new InvalidValue(text, "a truth", "yes or no");
    };
  }

  private static Path path(String text) {
    try {
      return text.equals("~") || text.startsWith("~/")
          ? Path.of(System.getProperty("user.home") + text.substring(1))
          : Path.of(text);
    } catch (InvalidPathException e) {
      throw new InvalidValue(text, "a path", "a path, with ~/ for your home directory");
    }
  }

  private static Duration duration(String text, Setting setting) {
    Duration duration = Durations.of(text);
    within(text, duration.toMillis(), setting, Durations.EXPECTED, "ms");
    return duration;
  }

  private static void within(
      String text, long value, Setting setting, String expected, String unit) {
    if (value < setting.min() || value > setting.max()) {
      throw new InvalidValue(
          text,
          "in range",
          expected + ", from " + setting.min() + unit + " to " + setting.max() + unit);
    }
  }

  private static Object constant(Class<?> type, String text) {
    Object[] constants = type.getEnumConstants();
    for (Object constant : constants) {
      if (name(constant).equals(text)) {
        return constant;
      }
    }
    String names =
        Arrays.stream(constants).map(ValueReader::name).collect(Collectors.joining(", "));
    throw new InvalidValue(text, "known", "one of " + names);
  }

  private static String name(Object constant) {
    return ((Enum<?>) constant).name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static Object ofText(Class<?> type, String text) {
    try {
      Method of = type.getMethod("of", String.class);
      if (!Modifier.isStatic(of.getModifiers()) || of.getReturnType() != type) {
        throw new IllegalArgumentException(type + ".of(String) makes no " + type);
      }
      return of.invoke(null, text);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof InvalidValue invalid) {
        throw invalid;
      }
      throw new IllegalStateException("cannot read " + type, e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException(type + " has no public static of(String)", e);
    }
  }
}
