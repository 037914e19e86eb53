package org.ringfence.event.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretMaskTest {
  private static final SecretMask MASK = SecretMask.usualAnd(List.of());

  /** Each secret in the lines contains this text. Commas separate the arguments. */
  private static final String SECRET = "sEcr3t";

  private static String masked(String line) {
    return String.join(",", MASK.apply(List.of(line.split(","))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "curl,-u,me:sEcr3t,https://a.test/",
        "/usr/bin/curl,-sSu,me:sEcr3t,https://a.test/",
        "curl,-ume:sEcr3t,https://a.test/",
        "curl,--user,me:sEcr3t,https://a.test/",
        "curl,--user=me:sEcr3t,https://a.test/",
        "curl,-u,me and:sEcr3t,https://a.test/",
        "curl,-H,Authorization: Bearer sEcr3t,https://a.test/",
        "curl,-H,Authorization: Digest a=b c=sEcr3t,https://a.test/",
        "curl,-H,X-Api-Key: sEcr3t,https://a.test/",
        "curl,-HAuthorization: token sEcr3t,https://a.test/",
        "curl,-b,session=sEcr3t,https://a.test/",
        "curl,https://me:sEcr3t@a.test/",
        "git,clone,https://sEcr3tsEcr3tsEcr3t@a.test/x.git",
        "git,-c,http.extraHeader=Authorization: Basic sEcr3t,fetch",
        "mysql,-uroot,-psEcr3t,base",
        "mysql,--password=sEcr3t,base",
        "mysql,--password,sEcr3t,base",
        "sudo,mysqldump,-psEcr3t,base",
        "sh,-c,mysql -uroot -psEcr3t base | gzip",
        "sh,-c,cd x && curl -u 'me:sEcr3t' https://a.test/",
        "bash,-c,ssh host \"mysql -psEcr3t base\"",
        "sh,-c,PGPASSWORD=sEcr3t psql",
        "sshpass,-p,sEcr3t,ssh,host",
        "redis-cli,-a,sEcr3t,keys",
        "docker,login,-u,me,-p,sEcr3t,a.test",
        "openssl,enc,-pass,pass:sEcr3t",
        "zip,-rP,sEcr3t,a.zip,b",
        "7z,a,-psEcr3t,a.7z",
        "keytool,-list,-storepass,sEcr3t",
        "aws,configure,set,aws_secret_access_key,sEcr3t",
        "npm,config,set,//r.test/:_authToken=sEcr3t",
        "tool,--api-key,sEcr3t",
        "tool,--client-secret=sEcr3t",
        "tool,ghp_sEcr3tsEcr3tsEcr3t",
        "tool,eyJhbGciOiJI.sEcr3tsEcr3t.sEcr3t",
        "cmdkey,/add:host,/user:me,/pass:sEcr3t"
      })
  void secretArgumentIsMasked(String line) {
    assertThat(masked(line)).doesNotContain(SECRET).contains("***");
    assertThat(masked(line).split(",")).hasSameSizeAs(line.split(","));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "curl,-o,out,https://a.test/path?x=1",
        "docker,run,-p,8080:80,image",
        "mysql,-uroot,-h,host,-p,base",
        "ls,-u,file",
        "sh,-c,curl https://a.test/; sort -u names",
        "git,commit,-m,tell the user about passwords",
        "ssh,-p,22,host",
        "mvn,-pl,cli,-am,test",
        "make,-j8"
      })
  void ordinaryArgumentStaysUnmasked(String line) {
    assertThat(masked(line)).isEqualTo(line);
  }

  @Test
  void listOfSecretArgumentsIsWellFormed() throws Exception {
    try (InputStream in = SecretMask.class.getResourceAsStream("secret-arguments.txt")) {
      List<String> lines =
          new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> !line.isEmpty() && !line.startsWith("#"))
              .toList();
      assertThat(lines).hasSizeGreaterThan(40).doesNotHaveDuplicates();
      assertThat(lines)
          .allSatisfy(
              line -> assertThat(line.split(" \\| ")).hasSize(4).noneMatch(String::isBlank));
    }
    assertThat(SecretOptions.programs()).contains("curl", "mysql");
  }

  @Test
  void maskingHostileShellLineEnds() {
    String quotes = "'\"".repeat(50_000);
    String words = "curl -u ".repeat(20_000);
    assertThat(MASK.apply(List.of("sh", "-c", quotes + words, quotes, words))).hasSize(5);
  }
}
