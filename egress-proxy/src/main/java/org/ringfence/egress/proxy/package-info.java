/**
 * The egress proxy: HTTP CONNECT, HTTP/1.1 in absolute form and SOCKS5 on one loopback port, for
 * one sandbox, with the same decisions as everywhere.
 */
package org.ringfence.egress.proxy;
