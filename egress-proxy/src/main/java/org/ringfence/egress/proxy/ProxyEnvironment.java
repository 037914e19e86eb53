package org.ringfence.egress.proxy;

import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The variables that point programs to a proxy. */
public final class ProxyEnvironment {
  private static final String DIRECT = "localhost,127.0.0.1,::1";
  private static final String JAVA_DIRECT = "localhost|127.*|[::1]";

  private ProxyEnvironment() {}

  /**
   * Returns the usual variables: {@code HTTP_PROXY} and its variants in both cases, those of npm,
   * pip, Cargo and Yarn, and the options of Maven's and Gradle's JVM. Other programs on a JVM get
   * no variable: {@code JAVA_TOOL_OPTIONS} makes each of them write to standard error.
   *
   * @param address the proxy's address
   * @param dualStack its address for Maven's and Gradle's JVM, whose sockets are of both families
   * @param credentials the proxy's credentials; JVMs cannot send them for a tunnel without an agent
   * @param given the variables that are set already; the options of Maven and Gradle are added to
   *     theirs
   * @return the variables to set
   */
  public static Map<String, String> variables(
      InetSocketAddress address,
      InetSocketAddress dualStack,
      Optional<ProxyCredentials> credentials,
      Map<String, String> given) {
    String endpoint = address.getHostString() + ":" + address.getPort();
    String url =
        "http://"
            + credentials.map(one -> one.user() + ":" + one.password() + "@").orElse("")
            + endpoint;
    Map<String, String> variables = new TreeMap<>();
    for (String name : List.of("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")) {
      variables.put(name, url);
      variables.put(name.toLowerCase(Locale.ROOT), url);
    }
    for (String name : List.of("NO_PROXY", "no_proxy", "npm_config_noproxy")) {
      variables.put(name, DIRECT);
    }
    for (String name :
        List.of(
            "npm_config_proxy",
            "npm_config_https_proxy",
            "PIP_PROXY",
            "CARGO_HTTP_PROXY",
            "YARN_HTTP_PROXY",
            "YARN_HTTPS_PROXY")) {
      variables.put(name, url);
    }
    String options = String.join(" ", javaOptions(dualStack));
    for (String name : List.of("MAVEN_OPTS", "GRADLE_OPTS")) {
      String before = given.getOrDefault(name, "");
      variables.put(name, before.isBlank() ? options : before + " " + options);
    }
    return variables;
  }

  /**
   * Returns the options that point a JVM to a proxy without credentials.
   *
   * @param address the proxy's address on loopback
   * @return options for the command line
   */
  public static List<String> javaOptions(InetSocketAddress address) {
    String host = address.getAddress() instanceof Inet6Address ? "::1" : address.getHostString();
    int port = address.getPort();
    return List.of(
        "-Dhttp.proxyHost=" + host,
        "-Dhttp.proxyPort=" + port,
        "-Dhttps.proxyHost=" + host,
        "-Dhttps.proxyPort=" + port,
        "-Dhttp.nonProxyHosts=" + JAVA_DIRECT,
        // Maven's own transport reads these only with this option.
        "-Daether.connector.http.useSystemProperties=true");
  }
}
