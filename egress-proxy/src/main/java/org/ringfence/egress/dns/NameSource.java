package org.ringfence.egress.dns;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.ringfence.policy.value.DnsServer;
import org.xbill.DNS.DClass;
import org.xbill.DNS.ExtendedResolver;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Resolver;
import org.xbill.DNS.ResolverConfig;
import org.xbill.DNS.SimpleResolver;

/** The source in which the name server looks names up. */
@FunctionalInterface
public interface NameSource {
  /**
   * Asks one question.
   *
   * @param name the name
   * @param type the type of record, as {@link org.xbill.DNS.Type} numbers them
   * @return the whole answer
   * @throws IOException if there is none
   */
  Message lookup(Name name, int type) throws IOException;

  /**
   * Looks names up at DNS servers. Of a client's question the source sends on only name and type:
   * no options, no case.
   *
   * @param servers the servers; empty for those of the machine, as they are at each lookup
   * @return the source
   */
  static NameSource servers(List<DnsServer> servers) {
    List<InetSocketAddress> named = servers.stream().map(DnsServer::socketAddress).toList();
    Duration timeout = Duration.ofSeconds(4);
    return (name, type) -> {
      if (named.isEmpty()) {
        ResolverConfig.refresh();
      }
      List<Resolver> resolvers = new ArrayList<>();
      for (InetSocketAddress server :
          named.isEmpty() ? ResolverConfig.getCurrentConfig().servers() : named) {
        SimpleResolver resolver = new SimpleResolver(server);
        resolver.setTimeout(timeout);
        resolvers.add(resolver);
      }
      ExtendedResolver all = new ExtendedResolver(resolvers);
      all.setRetries(2);
      all.setTimeout(timeout.multipliedBy(2));
      CompletableFuture<Message> answer =
          all.sendAsync(Message.newQuery(Record.newRecord(name, type, DClass.IN)))
              .toCompletableFuture();
      try {
        return answer.get(3 * timeout.toSeconds(), TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      } catch (ExecutionException | TimeoutException e) {
        throw new IOException(name + " could not be looked up", e);
      }
    };
  }
}
