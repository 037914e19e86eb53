/** Tools of LangChain4j that run commands in a sandbox. */
package org.ringfence.langchain4j;
